/** A button on each block of code. Of a terminal it copies the commands after the prompts, without what they print. */
export function addCopyButtons(): void {
  if (!('clipboard' in navigator)) return
  for (const block of document.querySelectorAll<HTMLElement>('.code')) {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'copy'
    button.textContent = 'Copy'
    button.addEventListener('click', () => {
      navigator.clipboard.writeText(copied(block.querySelector('code')?.textContent ?? '')).then(
        () => show(button, 'Copied'),
        () => show(button, 'Not copied'),
      )
    })
    block.append(button)
  }
}

function copied(text: string): string {
  const commands = text.split('\n').flatMap((line) => (line.startsWith('$ ') ? [line.slice(2)] : []))
  return commands.length > 0 ? commands.join('\n') : text
}

function show(button: HTMLElement, text: string): void {
  button.textContent = text
  setTimeout(() => {
    button.textContent = 'Copy'
  }, 1500)
}
