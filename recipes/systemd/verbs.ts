/** What systemctl is told to do. */
export type Verb = 'start' | 'stop' | 'restart' | 'reload' | 'quiet'

/** The words of a verb, as a line of sudoers names them. */
export const wordsOf = (verb: Verb): readonly string[] => (verb === 'quiet' ? ['kill', '--kill-who=main', '-s', 'TSTP'] : [verb])
