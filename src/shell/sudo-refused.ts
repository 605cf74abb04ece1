/**
 * What sudo prints when it refuses to run a command without a password: the English messages of sudo since 1.7 (check.c, logging.c, env.c)
 * and of sudo-rs (common/error.rs). Other messages do not count, such as those about a host name that it cannot resolve, or a program,
 * user or sudoers file that it cannot find or read.
 */
const REFUSALS: readonly RegExp[] = [
  /^sudo: (?:sorry, )?a password is required/m,
  /^sudo: a terminal is required/m,
  /^sudo: no tty present/m,
  /^sudo: no password was provided/m,
  /^sudo: sorry, you must have a tty/m,
  /^sudo: (?:sorry, )?you are not (?:allowed|permitted) to /m,
  /^sudo: (?:maximum )?\d+ incorrect (?:password|authentication) attempt/im,
  /^(?:sudo: )?.+ is not in the sudoers file/m,
  /^(?:sudo: )?.+ is not allowed to run sudo on /m,
  /^(?:sudo: )?Sorry, user .+ (?:is not allowed to execute|may not run) /m,
  /^sudo: interactive authentication is required/m,
  /^sudo: (?:authentication failed: )?I'm sorry .+\. I'm afraid I can't do that/m,
]

/** Whether the output of a command shows that sudo refused it. */
export const sudoRefused = (output: string): boolean => REFUSALS.some((refusal) => refusal.test(output))

/** The command that sudo names in its refusal, with the full path of the program; undefined if it names none. */
export const refusedCommand = (output: string): string | undefined => /not allowed to execute '(.+?)' as /.exec(output)?.[1]
