import { annotationLine, MOST_ANNOTATIONS, notACommand, placeIn, type Annotation } from '../output/ci/commands.ts'
import { inGithub } from '../output/names.ts'
import { hintLines, proseLines } from '../output/hint.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { columnsIn, width } from '../values/width.ts'
import { redactText } from './redact-text.ts'

/** Prints an error that ended everything before a run began, and returns the exit code. A bug in shipit keeps its stack trace. */
export const reportFatal = (error: unknown, stderr: Stderr = process.stderr, env: NodeJS.ProcessEnv = process.env): number => {
  if (!(error instanceof ShipitError)) {
    stderr.write(redactText(`shipit: this is a bug in shipit, please report it: ${error instanceof Error ? error.stack : String(error)}\n`))
    return EXIT.failed
  }
  // a file or a pipe has no width
  const lines = errorLines(error, columnsIn(stderr, Infinity))
  const inJob = inGithub(env) && !stderr.isTTY
  stderr.write(`${(inJob ? lines.map(notACommand) : lines).join('\n')}\n`)
  if (inJob) {
    const place = placeIn(env.GITHUB_WORKSPACE ?? process.cwd())
    for (const one of annotationsOf(error)) stderr.write(`${annotationLine(one, place)}\n`)
  }
  return error.exit
}

interface Stderr {
  write(text: string): unknown
  readonly columns?: number | undefined
  readonly isTTY?: boolean | undefined
}

/** Secrets are masked first: no redactor recognizes one that was broken into lines. */
const errorLines = ({ message, host, where, hint }: ShipitError, columns: number): string[] => {
  const [first = '', ...more] = redactText(`shipit: ${host ? `${host}: ` : ''}${message}`).split('\n')
  return [
    ...hanging(first, columns),
    // the other lines may be what a program printed
    ...more.flatMap((line) => (MISTAKE.test(line) ? hanging(line, columns) : [line])),
    ...(where && !message.includes(where) ? [redactText(`  in ${where}`)] : []),
    ...(hint ? hintLines(redactText(hint), columns - 2).map((line, i) => (i > 0 && line.startsWith('  ') ? line : `  ${line}`)) : []),
  ]
}

/** One of several mistakes in a config, after its place: `  deploy.config.ts:3  unknown setting`. */
const MISTAKE = /^ {2}(\S.*?) {2}(\S.*)/

/** The annotations of an error in a job of GitHub Actions: one for each mistake in a config, at its line. */
const annotationsOf = ({ message, host, where, hint }: ShipitError): Annotation[] => {
  const mistakes = message.split('\n').flatMap((line) => {
    const [, place, text] = MISTAKE.exec(line) ?? []
    return place === undefined || text === undefined ? [] : [{ where: place, text }]
  })
  const all = mistakes.length > 0 ? mistakes : [{ where, text: [message, hint].filter(Boolean).join('\n') }]
  return all.slice(0, MOST_ANNOTATIONS).map((one) => ({
    level: 'error',
    title: host === undefined ? 'shipit' : `shipit on ${host}`,
    message: redactText(one.text),
    where: one.where,
  }))
}

/** A line that is broken between words, with the others indented under it. */
const hanging = (line: string, columns: number): string[] => {
  if (width(line) <= columns) return [line]
  const indent = /^ */.exec(line)![0]
  return proseLines(line.trimStart(), columns - indent.length - 2).map((text, i) => `${indent}${i > 0 ? '  ' : ''}${text}`)
}
