/** The button for light and dark. Until it is used, the browser's setting applies. */
export function startTheme(): void {
  const button = document.querySelector<HTMLButtonElement>('.theme')
  if (button === null) return
  button.hidden = false
  button.addEventListener('click', () => {
    const root = document.documentElement
    const isDark = root.dataset['theme'] === 'dark' || (!root.dataset['theme'] && matchMedia('(prefers-color-scheme: dark)').matches)
    root.dataset['theme'] = isDark ? 'light' : 'dark'
    try {
      localStorage.setItem('theme', root.dataset['theme'])
    } catch {
      // a browser without storage: the choice lasts until the next page
    }
  })
}

/** On a wide screen the current page is in view in the list of pages. */
export function startMenu(): void {
  const nav = document.querySelector<HTMLElement>('nav.pages')
  const current = nav?.querySelector<HTMLElement>('[aria-current]')
  if (nav && current && current.offsetTop > nav.clientHeight) nav.scrollTop = current.offsetTop - nav.clientHeight / 2
}
