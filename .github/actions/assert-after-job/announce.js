// A runner learns about a post step only when the main step runs.
const { INPUT_CREATED, INPUT_ACTIVE, INPUT_SECRETS } = process.env
console.log(
  `After this job the sandbox must have seen ${INPUT_CREATED} created keys, ${INPUT_ACTIVE} of them active, and have ${INPUT_SECRETS} secrets`,
)
