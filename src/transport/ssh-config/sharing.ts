import { readFileSync } from 'node:fs'
import { glob } from '../host-pattern.ts'

/** Prefix of the folder for an ssh_config of our own that includes those of two homes. */
export const COMBINED = 'shipit-ssh-'

/** What ssh_config can tell apart about a host's name: two names with the same key get the same answer of `ssh -G`. */
export type AnswerKey = (alias: string) => string

/**
 * Reads the files that `ssh -v -G` lists (`debug1: Reading configuration data FILE`) and finds out how they depend on the host's name:
 * which `Host` lines match it. Returns undefined if more may depend on it: Match, tokens such as %h, canonicalized names, and anything
 * unusual. A slow answer is better than one for another host.
 */
export const answerKeyOf = (stderr: string): AnswerKey | undefined => {
  if (!/^OpenSSH_/m.test(stderr)) return undefined
  const files = [...stderr.matchAll(/^debug1: Reading configuration data (.+?)\r?$/gm)]
    .map((match) => match[1]!)
    // it only includes the others, and is deleted by now
    .filter((file) => !file.includes(`/${COMBINED}`))
  const hosts: string[][] = []
  for (const line of files.flatMap(lines)) {
    const [, keyword = '', rest = ''] = /^(\w+)(?:[ \t]*=[ \t]*|[ \t]+)(.*)$/.exec(line) ?? []
    const key = keyword.toLowerCase()
    if (key === '' || !known(key, rest)) return undefined
    if (key === 'host') hosts.push(rest.split(/[ \t]+/))
  }
  return (alias) => (PLAIN.test(alias) ? hosts.map((patterns) => (matches(patterns, alias) ? '1' : '0')).join('') : alias)
}

/** Names that ssh uses unchanged: no upper case, which it lowers, and no IPv6 address. */
export const PLAIN = /^[a-z0-9][a-z0-9.-]*$/

const lines = (file: string): string[] => {
  try {
    return readFileSync(file, 'latin1')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
  } catch {
    // not a valid line: makes `answerKeyOf` return undefined
    return ['?']
  }
}

const known = (key: string, rest: string): boolean => {
  if (key === 'host') return /^[a-z0-9.*?! \t-]+$/.test(rest)
  if (key === 'match') return rest.toLowerCase() === 'all'
  if (key === 'canonicalizehostname') return rest.toLowerCase() === 'no'
  if (key === 'include') return !/[%$]/.test(rest)
  // shipit uses none of these
  if (/^(?:controlpath|localcommand|remotecommand|setenv)$/.test(key)) return true
  return !/%[^%dilLru]/.test(rest)
}

const matches = (patterns: readonly string[], alias: string): boolean => {
  if (patterns.some((pattern) => pattern.startsWith('!') && glob(pattern.slice(1), alias))) return false
  return patterns.some((pattern) => glob(pattern, alias))
}
