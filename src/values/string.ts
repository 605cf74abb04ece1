/** The descriptor that marks what a script starts: the highest that dash can name and that nothing of ours uses. */
export const STRING_FD = 7
/** In proc(5), of the script's shell. */
export const STRING_FILE = 'coredump_filter'
