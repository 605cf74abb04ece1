/** The most informative line of a failed command's output: the first one that mentions an error, or else the last. */
export const errorLine = (lines: readonly string[]): string | undefined =>
  lines.find((line) => /fatal|error|denied|failed/i.test(line)) ?? lines.findLast((line) => line.trim() !== '')
