/** The configuration cannot be used. Exit status 2; every problem that was found is one sentence. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** Each names its place (`FILE:LINE: `), what is wrong and what is accepted. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options);
    this.problems = problems;
  }
}
