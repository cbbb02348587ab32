/** We are broken, or the machine is: the only exception this project throws on purpose. A sick app is never one. */
export class HarnessError extends Error {
  readonly code: string;
  readonly why: string;
  readonly hint: string;
  /** 2 usage, 3 environment, 70 our own bug, 130 interrupted. */
  readonly exitCode: 2 | 3 | 70 | 130;

  constructor(facts: { code: string; what: string; why: string; hint: string; exitCode: 2 | 3 | 70 | 130; cause?: unknown }) {
    super(facts.what, { cause: facts.cause });
    this.name = 'HarnessError';
    this.code = facts.code;
    this.why = facts.why;
    this.hint = facts.hint;
    this.exitCode = facts.exitCode;
  }
}
