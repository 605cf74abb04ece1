import type { Command, CommandTable } from '../command.ts'

/** Prints what a shell reads to complete the words of shipit. `completion words` is what it calls then. `table`: all commands. */
export const completion = (table: () => CommandTable): Command => ({
  name: 'completion',
  help: [['shipit completion bash|zsh|fish', 'print what makes Tab complete stages, tasks, hosts and options']],
  alone: true,
  takesWords: true,
  takes: [],
  own: [],
  noun: 'the completion',
  examples: [
    ['source <(shipit completion bash)', 'a line for ~/.bashrc'],
    ['source <(shipit completion zsh)', 'a line for ~/.zshrc, after compinit'],
    ['shipit completion fish | source', 'a line for config.fish'],
  ],
  codes: [
    ['0', 'printed'],
    ['2', 'usage'],
  ],
  // a config is loaded for words only, and a shell reads them
  guard: () => 'stderr',
  load: async () => {
    const { printCompletion } = await import('./print-completion.ts')
    return (options) => printCompletion(options, table())
  },
})
