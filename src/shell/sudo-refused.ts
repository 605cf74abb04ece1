/**
 * What sudo prints when it does not let somebody run something without a password: of sudo since 1.7 (its check.c, logging.c, env.c) and of
 * sudo-rs (its common/error.rs), in English. Not what it prints besides, as of a host's name that it cannot resolve, nor of a program, a user
 * or a sudoers file that it cannot find or read.
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

/** Whether sudo said no, in what a command printed. */
export const sudoRefused = (said: string): boolean => REFUSALS.some((refusal) => refusal.test(said))

/** The command as sudo names it when it says no, with the program's full path; undefined where it does not. */
export const refusedCommand = (said: string): string | undefined => /not allowed to execute '(.+?)' as /.exec(said)?.[1]
