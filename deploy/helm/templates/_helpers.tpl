{{- define "bf.labels" -}}
app.kubernetes.io/name: bf-reconciler
app.kubernetes.io/version: {{ .Chart.AppVersion }}
{{- end }}

{{- define "bf.image" -}}
{{ .Values.image.repository }}{{ with .Values.image.digest }}@{{ . }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}
