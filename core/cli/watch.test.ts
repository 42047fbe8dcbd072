import fs, { mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { emptyFolder } from '../../test/support/cli.js'
import { FileWatch } from './watch.js'

const write = (file: string, text: string) => writeFileSync(file, text)

/**
 * A watch on these files; how often it told of a change, and of what it warned. It looks at the files themselves when a test says
 * so, and not every 2 s: what is noticed without a look was noticed by a watcher, however busy the machine.
 */
async function following(...files: string[]) {
  let changes = 0
  let look = () => {}
  const warnings: string[] = []
  const interval = vi.spyOn(globalThis, 'setInterval').mockImplementationOnce((run) => {
    look = run
    return setTimeout(() => {}, 0)
  })
  const watch = new FileWatch(
    () => changes++,
    (text) => warnings.push(text),
  )
  expect(interval).toHaveBeenCalledWith(expect.any(Function), 2_000)
  interval.mockRestore()
  onTestFinished(() => watch.stop())
  await watch.follow(files)
  const looked = () => {
    look()
    return changes
  }
  return { watch, warnings, changes: () => changes, looked }
}

/** A look puts off what has not settled for 100 ms. */
const LATER = { interval: 500 }

describe('a change is noticed at once', () => {
  const plain = () => {
    const file = join(emptyFolder(), 'agproxy.config.json')
    write(file, 'one')
    return file
  }
  const saves: Record<string, () => { file: string; save: () => void }> = {
    'saved in place': () => {
      const file = plain()
      return { file, save: () => write(file, 'two') }
    },
    'saved by renaming a new file over it': () => {
      const file = plain()
      return {
        file,
        save: () => {
          write(`${file}.tmp`, 'two')
          renameSync(`${file}.tmp`, file)
        },
      }
    },
    'saved by removing it and writing it anew': () => {
      const file = plain()
      return {
        file,
        save: () => {
          unlinkSync(file)
          write(file, 'two')
        },
      }
    },
    removed: () => {
      const file = plain()
      return { file, save: () => unlinkSync(file) }
    },
    'a link whose target is saved in another folder': () => {
      const target = plain()
      const file = join(emptyFolder(), 'link.json')
      symlinkSync(target, file)
      return { file, save: () => write(target, 'two') }
    },
    'a link that is set anew': () => {
      const [first, second, dir] = [plain(), plain(), emptyFolder()]
      const file = join(dir, 'link.json')
      symlinkSync(first, file)
      return {
        file,
        save: () => {
          symlinkSync(second, `${file}.tmp`)
          renameSync(`${file}.tmp`, file)
        },
      }
    },
    'a link through a folder that is a link, which is set anew': () => {
      const dir = emptyFolder()
      for (const version of ['1', '2']) {
        mkdirSync(join(dir, `..v${version}`))
        write(join(dir, `..v${version}/config.json`), version)
      }
      symlinkSync('..v1', join(dir, '..data'))
      symlinkSync('..data/config.json', join(dir, 'config.json'))
      return {
        file: join(dir, 'config.json'),
        save: () => {
          symlinkSync('..v2', join(dir, '..tmp'))
          renameSync(join(dir, '..tmp'), join(dir, '..data'))
        },
      }
    },
  }

  test.each(Object.keys(saves))('%s', async (name) => {
    const { file, save } = saves[name]!()
    const { changes, warnings } = await following(file)
    save()
    await expect.poll(changes).toBeGreaterThan(0)
    expect(warnings).toEqual([])
  })

  test('and noticed again after each of them', async () => {
    const file = plain()
    const link = join(emptyFolder(), 'link.json')
    symlinkSync(file, link)
    const { changes } = await following(link)
    for (let times = 1; times <= 3; times++) {
      write(`${file}.tmp`, `version ${times}`)
      renameSync(`${file}.tmp`, file)
      await expect.poll(changes).toBe(times)
    }
  })

  test('of any of several files, and of no other in their folders', async () => {
    const dir = emptyFolder()
    const [a, b, other] = [join(dir, 'a.ts'), join(dir, 'b.ts'), join(dir, 'gateway.log')]
    for (const file of [a, b, other]) write(file, 'one')
    const { changes } = await following(a, b)
    write(other, 'two')
    await sleep(300)
    expect(changes()).toBe(0)
    write(b, 'two')
    await expect.poll(changes).toBe(1)
  })
})

describe('a change is noticed in the end', () => {
  test('in a folder that was moved away, and back with another file in it', async () => {
    const dir = emptyFolder()
    const [team, aside] = [join(dir, 'team'), join(dir, 'aside')]
    mkdirSync(team)
    const file = join(team, 'plugin.ts')
    write(file, 'one')
    const { changes, looked } = await following(file)
    renameSync(team, aside)
    await expect.poll(looked, LATER).toBe(1)
    renameSync(aside, team)
    await expect.poll(looked, LATER).toBe(2)
    // The folder is watched again.
    write(file, 'two')
    await expect.poll(changes).toBe(3)
  })

  test('in a folder further up that is replaced by another', async () => {
    const dir = emptyFolder()
    for (const name of ['now', 'next']) {
      mkdirSync(join(dir, name, 'deep/deeper'), { recursive: true })
      write(join(dir, name, 'deep/deeper/config.json'), name)
    }
    const { changes, looked } = await following(join(dir, 'now/deep/deeper/config.json'))
    renameSync(join(dir, 'now'), join(dir, 'before'))
    renameSync(join(dir, 'next'), join(dir, 'now'))
    await expect.poll(looked, LATER).toBeGreaterThan(0)
    // The new folder is watched, and not the one that has its old inode.
    const before = changes()
    write(join(dir, 'now/deep/deeper/config.json'), 'saved')
    await expect.poll(changes).toBe(before + 1)
  })

  const real = fs.watch
  afterEach(() => {
    fs.watch = real
    syncBuiltinESMExports()
  })

  test.each(['ENOSPC', 'EMFILE', 'EPERM'])(
    'where folders cannot be watched (%s), which is warned of once',
    async (code) => {
      fs.watch = (() => {
        throw Object.assign(new Error(`${code}: no more of these`), { code })
      }) as never
      syncBuiltinESMExports()
      const [a, b] = [join(emptyFolder(), 'a.ts'), join(emptyFolder(), 'b.ts')]
      for (const file of [a, b]) write(file, 'one')
      const { looked, warnings } = await following(a, b)
      write(a, 'two')
      await expect.poll(looked, LATER).toBe(1)
      write(b, 'two')
      await expect.poll(looked, LATER).toBe(2)
      expect(warnings).toEqual([
        `the config cannot be watched (${code}: no more of these); its files are looked at every 2 s instead`,
      ])
    },
  )
})

test('a watch that was stopped tells nothing', async () => {
  const file = join(emptyFolder(), 'a.ts')
  write(file, 'one')
  const { watch, changes } = await following(file)
  write(file, 'two')
  watch.stop()
  await sleep(300)
  expect(changes()).toBe(0)
})
