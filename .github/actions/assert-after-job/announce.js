// A runner learns about a post step only when the main step runs.
const { INPUT_CREATED, INPUT_ALIVE, INPUT_SECRETS } = process.env
console.log(
  `After this job the sandbox must have seen ${INPUT_CREATED} created keys, ${INPUT_ALIVE} of them active, and have ${INPUT_SECRETS} secrets`,
)
