import { addCopyButtons } from './copy.ts'
import { startMenu, startTheme } from './page.ts'
import { startSearch } from './search.ts'

startTheme()
startMenu()
addCopyButtons()
startSearch()
