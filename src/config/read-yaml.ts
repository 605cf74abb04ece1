import { readFile } from 'node:fs/promises'
import type { z } from 'zod'
import { showLocation, userCodeLocation } from '../errors/source-location.ts'
import { usageError } from '../values/errors.ts'
import { inConfigFolder } from './env-file.ts'
import { checkTrusted } from './trusted.ts'

/**
 * The data of a YAML 1.2 or JSON file, such as `config/deploy.yml`; a relative path starts at the config. With a schema of zod, what that
 * makes of the data. Anchors and merged keys (`<<`) work. What is secret in it is a secret only once you wrap it: `secret(db.password)`.
 * Rejects (usage) if the file is missing, is not valid, has ERB, does not fit the schema, or if another account may write to it.
 * @since 0.2.0
 */
export const readYaml = async <S extends z.ZodType = z.ZodUnknown>(file: string, schema?: S): Promise<z.output<S>> => {
  // before anything is awaited, while the caller is still on the stack
  const where = userCodeLocation(new Error(), '')
  const refuse = (message: string) => usageError(message, where === undefined ? {} : { where })
  if (typeof file !== 'string' || file === '') throw refuse('readYaml() takes the path of a file')
  const path = inConfigFolder(file)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw refuse(
      code === 'ENOENT' || code === 'ENOTDIR'
        ? `there is no ${path}, which the config reads with readYaml()`
        : `${path}, which the config reads with readYaml(), cannot be read: ${message}`,
    )
  }
  checkTrusted(path, undefined, 'change what is deployed')
  const erb = text.split('\n').findIndex((line) => line.includes('<%'))
  if (erb !== -1)
    throw usageError(`${file} has ERB, which only Ruby can run`, {
      where: showLocation(path, erb + 1),
      hint: "read the variable in the config: env('NAME')",
    })
  const data = (await import('./parse-data.ts')).parseAnyYaml(path, text.replace(/^\uFEFF/, ''))
  if (schema === undefined) return data as z.output<S>
  const result = schema.safeParse(data)
  if (result.success) return result.data
  // zod's words name kinds of values, never a value, which may be a password
  const issues = result.error.issues.map(({ path: at, message }) =>
    [
      ...(at.length > 0 ? [at.map(String).join('.')] : []),
      message.replace(/^Invalid input: /, '').replace(/^(expected .*), received undefined$/, 'is missing: $1'),
    ].join(': '),
  )
  throw refuse(`${file}: ${issues.join('; ')}`)
}
