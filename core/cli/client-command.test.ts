import { describe, expect, test } from 'vitest'
import { commandFor, isOnPath, type Machine } from './client-command.js'

const ARGS = ['-p', 'say "hi" & echo %PATH%']

/** What npm writes beside a package that is a script. */
const NPM_SHIM = `@ECHO off
GOTO start
:find_dp0
SET dp0=%~dp0
EXIT /b
:start
SETLOCAL
CALL :find_dp0
IF EXIST "%dp0%\\node.exe" (
  SET "_prog=%dp0%\\node.exe"
) ELSE (
  SET "_prog=node"
  SET PATHEXT=%PATHEXT:;.JS;=;%
)
endLocal & goto #_undefined_# 2>NUL || title %COMSPEC% & "%_prog%"  "%dp0%\\node_modules\\@anthropic-ai\\claude-code\\cli.js" %*
`
const NATIVE_SHIM = '@"%~dp0\\node_modules\\@anthropic-ai\\claude-code\\bin\\claude.exe" %*\r\n'

function windows(files: Record<string, string>, env: NodeJS.ProcessEnv = { Path: 'C:\\tools;D:\\npm' }) {
  const machine: Machine = {
    platform: 'win32',
    env,
    exists: (path) => Object.hasOwn(files, path),
    read: (path) => files[path]!,
  }
  return commandFor('claude', ARGS, env, machine)
}

describe('on Windows the client is', () => {
  test('a program on the PATH', () => {
    expect(windows({ 'D:\\npm\\claude.exe': '', 'D:\\npm\\claude.cmd': NPM_SHIM })).toEqual({
      file: 'D:\\npm\\claude.exe',
      args: ARGS,
    })
  })

  test("the script that npm's batch file starts, without the batch file", () => {
    const cli = 'D:\\npm\\node_modules\\@anthropic-ai\\claude-code\\cli.js'
    expect(windows({ 'D:\\npm\\claude.cmd': NPM_SHIM, [cli]: '' })).toEqual({
      file: process.execPath,
      args: [cli, ...ARGS],
    })
  })

  test('the program that it starts', () => {
    const exe = 'C:\\tools\\node_modules\\@anthropic-ai\\claude-code\\bin\\claude.exe'
    expect(windows({ 'C:\\tools\\claude.cmd': NATIVE_SHIM, [exe]: '' })).toEqual({ file: exe, args: ARGS })
  })

  test('a batch file of another kind, through cmd.exe, with nothing in the arguments that it would act on', () => {
    const env = { PATH: '"C:\\my tools"', ComSpec: 'C:\\Windows\\cmd.exe' }
    for (const text of ['@volta run %~n0 %*', NPM_SHIM]) {
      const { file, args, verbatim } = windows({ 'C:\\my tools\\claude.cmd': text }, env)
      expect({ file, verbatim, first: args.slice(0, 3) }).toEqual({
        file: 'C:\\Windows\\cmd.exe',
        verbatim: true,
        first: ['/d', '/s', '/c'],
      })
      // What the first of the two readings leaves, then the second: carets go, and no quote of ours ends early.
      const once = args[3]!.slice(1, -1).replace(/\^(.)/g, '$1')
      expect(once.replace(/\^(.)/g, '$1')).toBe('C:\\my tools\\claude.cmd "-p" "say \\"hi\\" & echo %PATH%"')
      expect(once.slice(once.indexOf('-p'))).not.toMatch(/(^|[^^])[&|<>"%]/)
    }
  })

  test('nothing in the working directory, or in a folder that is named relative to it', () => {
    expect(windows({ 'claude.cmd': NPM_SHIM, '.\\claude.exe': '' }, { PATH: ';.;bin' })).toEqual({
      file: 'claude',
      args: ARGS,
    })
  })

  test('found by the extensions of PATHEXT, in their order', () => {
    const env = { PATH: 'C:\\tools', PATHEXT: '.CMD;.EXE' }
    const files = { 'C:\\tools\\claude.exe': '', 'C:\\tools\\claude.cmd': '@rem' }
    expect(windows(files, env).file).toBe('cmd.exe')
  })
})

test.each(['linux', 'darwin'] as const)('on %s it is what the PATH has', (platform) => {
  const machine: Machine = { platform, env: {}, exists: () => true, read: () => NPM_SHIM }
  expect(commandFor('claude', ARGS, {}, machine)).toEqual({ file: 'claude', args: ARGS })
})

describe('whether it is on the PATH', () => {
  const machine = (platform: NodeJS.Platform, env: NodeJS.ProcessEnv, file: string): Machine => ({
    platform,
    env,
    exists: (path) => path === file,
    read: () => '',
  })

  test.each<[NodeJS.Platform, NodeJS.ProcessEnv, string, boolean]>([
    ['linux', { PATH: '/opt/a:/opt/b' }, '/opt/b/claude', true],
    ['linux', { PATH: '/opt/a:/opt/b' }, '/opt/c/claude', false],
    ['darwin', { PATH: '/opt/a:' }, 'claude', true], // an empty entry is the working directory
    ['linux', {}, '/nowhere', true],
    ['win32', { Path: 'C:\\tools' }, 'C:\\tools\\claude.exe', true],
    ['win32', { Path: 'C:\\tools' }, 'D:\\tools\\claude.exe', false],
  ])('on %s, with %j, for %s: %s', (platform, env, file, found) => {
    expect(isOnPath('claude', env, machine(platform, env, file))).toBe(found)
  })
})
