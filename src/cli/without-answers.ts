/** The command line for a log: an answer may be a secret. */
export const withoutAnswers = (argv: readonly string[]): readonly string[] =>
  argv.map((word, i) =>
    word.startsWith('--answer=')
      ? word.replace(/^(--answer=[\w.-]+=).*$/s, '$1…')
      : argv[i - 1] === '--answer'
        ? word.replace(/^([\w.-]+=).*$/s, '$1…')
        : word,
  )
