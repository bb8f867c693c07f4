# The `run:` of a step that creates a key without the action.
body=$(jq -n --arg name "$LABEL" --arg team "$TEAM_ID" \
  '{"label": $name, role: "team_admin", team_id: $team, team_role_bindings: [{team_id: $team}]}')
answer=$(curl --silent --show-error --fail --max-time 30 --request POST "$KEYS_URL" \
  --header "X-Management-Key: $ORG_KEY" --header 'Content-Type: application/json' --data "$body")
key=$(jq -er .key <<<"$answer")
echo "::add-mask::$key"
id=$(jq -er .id <<<"$answer")
{
  echo "key_id=$id"
  echo "key=$key"
} >>"$GITHUB_OUTPUT"
