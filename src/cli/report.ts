import { EXIT, ShipitError } from '../values/errors.ts'
import { redactText } from './redacted.ts'

/** Prints an error that ended everything before a run began, and returns the exit code. A defect of shipit keeps its stack trace. */
export const reportFatal = (error: unknown, stderr: NodeJS.WritableStream = process.stderr): number => {
  if (!(error instanceof ShipitError)) {
    stderr.write(
      redactText(`shipit: this is a defect of shipit, please report it: ${error instanceof Error ? error.stack : String(error)}\n`),
    )
    return EXIT.failed
  }
  const lines = [`shipit: ${error.host ? `${error.host}: ` : ''}${error.message}`]
  if (error.where && !error.message.includes(error.where)) lines.push(`  in ${error.where}`)
  if (error.hint) lines.push(`  ${error.hint}`)
  stderr.write(redactText(`${lines.join('\n')}\n`))
  return error.exit
}
