#!/usr/bin/env bash
# The step of the action: installs boot-check once, boots the backend, and says what came of it. Inputs come as BOOT_CHECK_*, never as code.
set -uo pipefail

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd) || exit 70
[ -d "$home/node_modules" ] || npm ci --prefix "$home" --no-audit --no-fund || exit 3

out=${BOOT_CHECK_OUT:-.boot-check}
# Words as a person types them; xargs knows quotes and runs nothing.
args=()
while IFS= read -r word; do [ -n "$word" ] && args+=("$word"); done < <(printf '%s' "${BOOT_CHECK_ARGS:-}" | xargs -n1 printf '%s\n')

rm -f "$out/audit_report.json"
node "$home/harness/main.ts" "${BOOT_CHECK_DIR:-.}" --reporter github --out "$out" ${args[@]+"${args[@]}"}
code=$?

verdict=not_booted
if [ -f "$out/audit_report.json" ]; then
  verdict=$(node -p 'JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")).verdict' "$out/audit_report.json")
fi
{
  printf 'verdict=%s\n' "$verdict"
  printf 'report=%s\n' "$out/report.html"
  printf 'sarif=%s\n' "$out/report.sarif"
} >>"${GITHUB_OUTPUT:-/dev/null}"

# A wrong option or a broken machine is never a verdict.
[ "$code" -le 1 ] || exit "$code"
case "${BOOT_CHECK_FAIL:-healed}:$verdict" in
  never:* | *:healthy) exit 0 ;;
  not_healthy:healed) exit 0 ;;
  healed:* | not_healthy:*) exit 1 ;;
  *) echo "fail must be healed, not_healthy or never" >&2; exit 2 ;;
esac
