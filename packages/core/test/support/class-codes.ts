/** The codes that only the class front end brings about; its own tests trigger them. */
export type ClassCode =
  | 'NOT_A_WORKFLOW_CLASS'
  | 'NOT_AN_AGENT_CLASS'
  | 'CONFLICTING_DECORATORS'
  | 'INVALID_MEMBER'
  | 'JOIN_WITH_ROUTES'
  | 'RUN_SCOPE_CAPTURED'
  | 'CONTAINER_NOT_READY'
  | 'MISSING_PACKAGE'
  | 'STATE_CONFLICT'
  | 'STATE_WRITTEN_LATE'
  | 'WORKFLOW_BUSY'
  | 'CALLED_ON_HANDLE'
  | 'OUTSIDE_RUN';
