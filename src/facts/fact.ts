import { isCommand } from '../shell/brand.ts'
import type { Command } from '../shell/types.ts'
import { isUnexpectedPromise } from '../values/promise.ts'
import type { ProbeResult } from './types.ts'

/** A question to a host, with the parser of its answer; {@link fact} makes one. */
export interface Fact<T = unknown> {
  readonly command: Command
  readonly parse: (answer: ProbeResult) => T
}

/**
 * What a recipe asks of a host: commands and facts by name, also in lists and in objects. A command by itself answers with its exit code
 * and its output; a fact with what its parser returns.
 */
export type FactTree = { readonly [name: string]: FactNode | undefined | false }
export type FactNode = Command | Fact | readonly FactNode[] | FactTree

type FactValue<N> = N extends Command
  ? ProbeResult
  : N extends Fact<infer T>
    ? T
    : N extends readonly (infer One)[]
      ? readonly FactValue<One>[]
      : N extends object
        ? FactValues<N>
        : undefined
type KeysOf<U> = U extends unknown ? keyof U : never
type ValueOf<U, K> = U extends unknown ? (K extends keyof U ? U[K] : never) : never
/** The values of a {@link FactTree} that tasks see. `undefined`: not read on this host or in this run, so not known. */
export type FactValues<T> = { readonly [K in KeysOf<T>]?: FactValue<Exclude<ValueOf<T, K>, undefined | false>> | undefined }

/** A tree of facts with these values, for a recipe whose facts are declared in several places: the reverse of {@link FactValues}. */
export type FactTreeOf<V> = { readonly [K in keyof V]?: Fact<V[K]> | FactNodeOf<Exclude<V[K], undefined>> | undefined | false }
type FactNodeOf<T> =
  | Fact<T>
  | (T extends ProbeResult ? Command : never)
  | (T extends readonly (infer One)[] ? readonly FactNodeOf<One>[] : {} extends T ? FactTreeOf<T> : never)

/**
 * Reads something from a host. The command must only read, and runs before planning, in one script with all others. `parse` gets its
 * answer, even if it failed: what it returns is what tasks find in `c.facts`. It should return `undefined` for "not known", which is
 * neither yes nor no. Pure. Throws a TypeError if the first argument is not a command.
 */
export const fact = <T>(command: Command, parse: (answer: ProbeResult) => T): Fact<T> => {
  if (!isCommand(command))
    throw new TypeError('fact() takes a command and a function: fact(sh`cat /etc/hostname`, ({ stdout }) => stdout.trim())')
  const frozen = Object.freeze({ command: command.probe(), parse })
  facts.add(frozen)
  return frozen
}

const facts = new WeakSet<object>()
const isFact = (node: unknown): node is Fact => typeof node === 'object' && node !== null && facts.has(node)

/** Merges two trees, object by object. If both have a name, the second one's value counts. Throws like {@link factCommands}. */
export const mergeFacts = (one: FactTree, other: FactTree): FactTree => {
  // anything but a tree, such as a promise, would get lost
  for (const tree of [one, other]) factCommands(tree)
  const merged: Record<string, FactTree[string]> = { ...one }
  for (const [name, node] of Object.entries(other)) {
    const before = merged[name]
    merged[name] = isBranch(before) && isBranch(node) ? mergeFacts(before, node) : node
  }
  return merged
}

const isBranch = (node: FactTree[string]): node is FactTree =>
  typeof node === 'object' && node !== null && !isCommand(node) && !isFact(node) && !Array.isArray(node)

/** The commands of a tree, in order. Throws a TypeError that names a value that is neither a command nor a fact. */
export const factCommands = (tree: unknown): readonly Command[] => {
  const commands: Command[] = []
  walk(tree, (command) => void commands.push(command))
  return commands
}

/** The values of a tree, from the answers to {@link factCommands} in the same order. Throws what a parser throws. */
export const factValues = (tree: unknown, answers: readonly ProbeResult[]): Readonly<Record<string, unknown>> => {
  let i = 0
  return (walk(tree, (_, parse) => parse(answers[i++]!)) ?? {}) as Readonly<Record<string, unknown>>
}

const walk = (node: unknown, leaf: (command: Command, parse: Fact['parse']) => unknown, path: readonly string[] = []): unknown => {
  if (node === undefined || node === false) return undefined
  if (isCommand(node)) return leaf(node, (answer) => answer)
  if (isFact(node)) return leaf(node.command, node.parse)
  if (Array.isArray(node)) return node.map((one, i) => walk(one, leaf, [...path, String(i)]))
  if (typeof node !== 'object' || node === null || isUnexpectedPromise(node))
    throw new TypeError(
      `${path.length === 0 ? 'facts must return an object' : `${path.join('.')} is not a command`}: { NAME: sh\`…\` } or { NAME: fact(sh\`…\`, parse) }`,
    )
  return Object.fromEntries(Object.entries(node).map(([name, one]) => [name, walk(one, leaf, [...path, name])]))
}
