{{- /* What the operator does wherever it serves clusters: every verb here is used, and no other. An object that is
applied for the first time takes the right to create it, beside the one to patch it. */ -}}
{{- define "operator.rules" -}}
- apiGroups: [notification-operator.dev]
  resources: [notificationclusters]
  verbs: [get, list, watch]
- apiGroups: [notification-operator.dev]
  resources: [notificationclusters/status]
  verbs: [patch]
{{- if .Values.rbac.ownerPermission }}
- apiGroups: [notification-operator.dev]
  resources: [notificationclusters/finalizers]
  verbs: [update]
{{- end }}
- apiGroups: [""]
  resources: [configmaps, serviceaccounts, services]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [deployments, statefulsets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
# The last rendering of each cluster.
- apiGroups: [apps]
  resources: [controllerrevisions]
  verbs: [get, list, create, delete]
# Made once and never changed; of those of others only the metadata is read, and only those with our label are watched.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch, create]
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
{{- end -}}
