/** Words at the beginning of a command that are parts of the shell itself, not programs. */
export const SHELL_WORDS: ReadonlySet<string> = new Set(
  '! . : { [[ alias bg break case cd command continue do done elif else esac eval exec exit export fg fi for function hash if in jobs local read readonly return set shift source then time times trap type ulimit umask unalias unset until wait while'.split(
    ' ',
  ),
)
