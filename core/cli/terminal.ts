import { isatty } from 'node:tty'

const CHECK_INTERVAL = 1_000

const onTerminal = () => [0, 1, 2].some((fd) => isatty(fd))

/**
 * Tells whether the terminal that this process runs on has just been closed, which is one of two reasons for a SIGHUP. All
 * of stdin, stdout and stderr that are the terminal stop being one at that moment, before the signal comes.
 *
 * Never so for a service: one that was started without a terminal (systemd, a container), with `nohup` (which takes all
 * three away, and whose ignored SIGHUP Node resets), or a background job that outlived its terminal without a SIGHUP, as
 * `agproxy start &` and `exit` leave it.
 */
export function watchTerminal(): () => boolean {
  if (!onTerminal()) return () => false
  let outlived = false
  let goneBefore = false
  const check = setInterval(() => {
    const gone = !onTerminal()
    outlived = gone && goneBefore // a SIGHUP that belongs to it would have come since the last check
    goneBefore = gone
    if (outlived) clearInterval(check)
  }, CHECK_INTERVAL).unref()
  return () => !outlived && !onTerminal()
}
