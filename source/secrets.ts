/** What must not be printed. */

const NAME = /SECRET|PASSW|PASSWD|PWD|TOKEN|API_?KEY|PRIVATE|CREDENTIAL|SALT|DSN|ACCESS_KEY|AUTH_KEY|ENCRYPTION|(^|_)(PASS|KEY)$/i;
// postgresql://user:password@host
const URL_WITH_PASSWORD = /:\/\/[^\s/@:]*:[^\s/@]+@/;

/** True for names and values that must not be printed. */
export function looksSecret(name: string, value: string): boolean {
  if (value === '' || /EXPIR|MINUTES|SECONDS|HOURS|DAYS|ALGORITHM|PREFIX|TOKEN_(TYPE|URL)/i.test(name)) return URL_WITH_PASSWORD.test(value);
  return NAME.test(name) || URL_WITH_PASSWORD.test(value);
}
