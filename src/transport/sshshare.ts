import { readFileSync } from 'node:fs'
import { glob } from './hostpattern.ts'

/** How the folder of an ssh_config of ours begins, which names those of two homes. */
export const BOTH = 'shipit-ssh-'

/** What of a host's name its ssh_config can look at: two names with the same mark get the same answer. */
export type Mark = (alias: string) => string

/**
 * Reads what `ssh -v -G` says it has read (`debug1: Reading configuration data FILE`) and finds out what there depends on the host's
 * name: which `Host` lines mean it. undefined where more than that may: Match, tokens such as %h, names that are made canonical, and
 * whatever looks unusual. A slow answer is better than one that is another host's.
 */
export const markOf = (stderr: string): Mark | undefined => {
  if (!/^OpenSSH_/m.test(stderr)) return undefined
  const files = [...stderr.matchAll(/^debug1: Reading configuration data (.+?)\r?$/gm)]
    .map((match) => match[1]!)
    // it names the others, and is gone
    .filter((file) => !file.includes(`/${BOTH}`))
  const hosts: string[][] = []
  for (const line of files.flatMap(lines)) {
    const [, keyword = '', rest = ''] = /^(\w+)(?:[ \t]*=[ \t]*|[ \t]+)(.*)$/.exec(line) ?? []
    const key = keyword.toLowerCase()
    if (key === '' || !known(key, rest)) return undefined
    if (key === 'host') hosts.push(rest.split(/[ \t]+/))
  }
  return (alias) => (PLAIN.test(alias) ? hosts.map((patterns) => (means(patterns, alias) ? '1' : '0')).join('') : alias)
}

/** Names that ssh takes as they are: no upper case, which it lowers, and no IPv6 address. */
export const PLAIN = /^[a-z0-9][a-z0-9.-]*$/

const lines = (file: string): string[] => {
  try {
    return readFileSync(file, 'latin1')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
  } catch {
    // a line that nobody knows
    return ['?']
  }
}

const known = (key: string, rest: string): boolean => {
  if (key === 'host') return /^[a-z0-9.*?! \t-]+$/.test(rest)
  if (key === 'match') return rest.toLowerCase() === 'all'
  if (key === 'canonicalizehostname') return rest.toLowerCase() === 'no'
  if (key === 'include') return !/[%$]/.test(rest)
  // of these nothing is used here
  if (/^(?:controlpath|localcommand|remotecommand|setenv)$/.test(key)) return true
  return !/%[^%dilLru]/.test(rest)
}

const means = (patterns: readonly string[], alias: string): boolean => {
  if (patterns.some((pattern) => pattern.startsWith('!') && glob(pattern.slice(1), alias))) return false
  return patterns.some((pattern) => glob(pattern, alias))
}
