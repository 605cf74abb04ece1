import { readFileSync, writeFileSync } from 'node:fs'
import { sh } from '../../src/index.ts'
import type { Fleet } from './support.ts'

/** What tasks leave on host `a`, a word each. */
const fileOf = (fleet: Fleet): string => fleet.on('a', '../trace')

export const clearTrace = (fleet: Fleet): void => writeFileSync(fileOf(fleet), '')

/** The words, in the order in which tasks left them. */
export const traceOf = (fleet: Fleet): string[] => readFileSync(fileOf(fleet), 'utf8').trim().split(/\s+/).filter(Boolean)

/** A task that leaves a word, and then runs a command. */
export const say = (word: string, also = sh`true`) => ({ steps: () => [sh`echo ${word} >>~/trace`, also] })
