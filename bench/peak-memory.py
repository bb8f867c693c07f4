# Runs a command and writes to file descriptor 3 the peak memory, in KiB, of its largest process.
# Node.js tells a parent nothing of this; wait4 does, and Python has it on every runner.
import os
import signal
import sys

# A plain fork: after a vfork or posix_spawn, this process's own memory would count as the command's.
pid = os.fork()
if pid == 0:
    os.close(3)
    os.execvp(sys.argv[1], sys.argv[1:])
signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGKILL))
_, status, usage = os.wait4(pid, 0)
unit = 1024 if sys.platform == "darwin" else 1
os.write(3, str(usage.ru_maxrss // unit).encode())
sys.exit(os.waitstatus_to_exitcode(status) & 255)
