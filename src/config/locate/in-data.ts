import { LineCounter, isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { Pair } from 'yaml'
import type { Locate } from '../../errors/source-location.ts'

/** Finds lines in YAML or JSON text. A key counts by its own line, so a long value is found where it begins. */
export const locateInData = (text: string): Locate => {
  const lines = new LineCounter()
  const { contents } = parseDocument(text, { lineCounter: lines })
  return (path) => {
    let node: unknown = contents
    let offset: number | undefined
    for (const part of path) {
      if (isMap(node)) {
        const pair: Pair | undefined = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part))
        if (!pair) break
        offset = startOf(pair.key) ?? offset
        node = pair.value
      } else if (isSeq(node)) {
        node = node.items[Number(part)]
        if (node === undefined) break
        offset = startOf(node) ?? offset
      } else break
    }
    return offset === undefined ? undefined : lines.linePos(offset).line
  }
}

const startOf = (node: unknown): number | undefined => (node as { range?: [number, number, number] | null } | undefined)?.range?.[0]
