/** What the exit codes of rsync mean (rsync(1), EXIT VALUES), in the words of its page, and what to do about those where that is known. */
const CODES: Readonly<Record<number, readonly [meaning: string, remedy?: string]>> = {
  1: ['it did not understand its options'],
  2: ['the two versions of rsync do not understand each other', 'update the older one'],
  3: ['a file or folder could not be opened', 'its message above names it: check that it exists, and who may use it'],
  4: ['one side cannot do what was asked'],
  5: ['the other end did not start'],
  10: ['the connection between the two ends failed'],
  11: ['a file could not be written', 'its message above names it: is there room, and may the account write there?'],
  12: ['the other end stopped in the middle', 'its message above says why; if it does not, the other rsync was killed or the disk is full'],
  13: ['it could not print its messages'],
  14: ['its own processes lost each other'],
  20: ['it was interrupted'],
  22: ['it had no memory left'],
  23: ['some files could not be copied; the others were', 'its message above names them: check who may read and write them'],
  24: ['some files vanished while it copied', 'run it again, or tolerate that: .allowFailure({ codes: [24] })'],
  25: ['more files were to be removed than allowed'],
  30: ['nothing came for too long'],
  35: ['nothing came for too long'],
}

/** `exit 23: some files could not be copied; the others were` */
export const meaningOf = (code: number): string => (CODES[code] === undefined ? `exit ${code}` : `exit ${code}: ${CODES[code][0]}`)

export const remedyOf = (code: number): string | undefined => CODES[code]?.[1]
