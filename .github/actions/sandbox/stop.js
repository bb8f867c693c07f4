const pid = Number(process.env['STATE_pid'])

if (pid > 0) {
  try {
    process.kill(pid)
    console.log('Stopped the sandbox')
  } catch (error) {
    console.log(
      `The sandbox had already stopped (${error instanceof Error ? error.message : error})`,
    )
  }
}
