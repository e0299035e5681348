// Dashboards as files in; a line each, and exit 1 where one does not fit Grafana's own schemas, strictly: nothing unknown, nothing missing.
package main

import (
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	plugins.RegisterDefaultPlugins() // kinds of panels and data sources have schemas of their own
	code := 0
	for _, name := range os.Args[1:] {
		found, err := read(name)
		if err != nil && err.Error() != "" { // the validation says nothing when all is well, but is not nil
			fmt.Printf("%s:\n%v\n", name, err)
			code = 1
			continue
		}
		fmt.Printf("%s: %d panels\n", name, len(found.Panels))
	}
	os.Exit(code)
}

func read(name string) (dashboard.Dashboard, error) {
	found := dashboard.Dashboard{}
	raw, err := os.ReadFile(name)
	if err == nil {
		err = found.UnmarshalJSONStrict(raw)
	}
	if err == nil {
		err = found.Validate()
	}
	return found, err
}
