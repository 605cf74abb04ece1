/** The descriptor that marks what a script starts: the highest that dash can name and shipit does not use otherwise. */
export const STEP_FD = 7
/** The file that it opens, in the /proc directory of the script's shell (proc(5)). */
export const STEP_FD_FILE = 'coredump_filter'
