import { expect, test } from 'vitest'
import { withUse } from './config-use.js'

const mine = { identifier: 'mine', from: './plugins/mine.js' }
const LINE = "import { mine } from './plugins/mine.js'"

test.each([
  [
    'a config without a list',
    "import { defineConfig } from 'agproxy'\n\nexport default defineConfig({\n  preset: 'claude-code',\n})\n",
    `import { defineConfig } from 'agproxy'\n${LINE}\n\nexport default defineConfig({\n  use: [mine],\n  preset: 'claude-code',\n})\n`,
  ],
  [
    'a config with a list',
    "import { a } from './a.js'\nexport default {\n  use: [a],\n}\n",
    `import { a } from './a.js'\n${LINE}\nexport default {\n  use: [mine, a],\n}\n`,
  ],
  ['an empty list', 'export default {\n  use: [],\n}\n', `${LINE}\nexport default {\n  use: [mine],\n}\n`],
  [
    'a list over several lines, and a comment that names one',
    "import {\n  a,\n} from './a.js'\nexport default {\n  // use: [old],\n  use: [\n    a,\n  ],\n}\n",
    `import {\n  a,\n} from './a.js'\n${LINE}\nexport default {\n  // use: [old],\n  use: [mine,\n    a,\n  ],\n}\n`,
  ],
  [
    "Windows' line ends and a byte order mark",
    '\ufeffexport default {\r\n  preset: 1,\r\n}\r\n',
    `\ufeff${LINE}\r\nexport default {\r\n  use: [mine],\r\n  preset: 1,\r\n}\r\n`,
  ],
])('%s gets the plugin', (_what, source, expected) => {
  expect(withUse(source, mine)).toBe(expected)
})

test.each([
  ['CommonJS', 'module.exports = {\n}\n'],
  ['an object made elsewhere', 'const config = {}\nexport default config\n'],
  ['a spread', 'export default {\n  ...base,\n}\n'],
  ['a spread of two lists', 'export default {\n  use: [...a],\n}\n'],
  ['a deeper list of that name', 'export default {\n  plugins: {\n    x: { use: [a] },\n  },\n}\n'],
  ['a list that is a variable', 'const use = [a]\nexport default {\n  use,\n}\n'],
  ['a quoted key', "export default {\n  'use': [a],\n}\n"],
  ['a name that is taken', "import { mine } from './other.js'\nexport default {\n}\n"],
  ['a block comment', 'export default {\n  /* use: */\n}\n'],
])('%s is left alone', (_what, source) => {
  expect(withUse(source, mine)).toBeUndefined()
})
