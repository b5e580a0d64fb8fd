{{- define "operator.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{- /* What is not in a namespace also says from which one it is, so that two installations never meet. */ -}}
{{- define "operator.clusterName" -}}
{{- if eq .Release.Namespace .Release.Name -}}
{{ include "operator.name" . }}
{{- else -}}
{{ printf "%s:%s" .Release.Namespace (include "operator.name" .) }}
{{- end -}}
{{- end -}}

{{- define "operator.account" -}}
{{ .Values.serviceAccount.name | default (include "operator.name" .) }}
{{- end -}}

{{- define "operator.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "operator.labels" -}}
{{ include "operator.selector" . }}
app.kubernetes.io/component: operator
app.kubernetes.io/part-of: notification-operator
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end -}}
