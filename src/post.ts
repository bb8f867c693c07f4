import { cleanUp, runCommand } from './bundle.js'

// The post step of the root action: it never fails a job.
void runCommand(cleanUp, (runner, message) => runner.warning(message))
