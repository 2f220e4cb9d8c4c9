package saga

// Part is an action of a saga, as the histories of its runs show it: its
// activities carry the summary.
type Part struct {
	Name    string
	Summary string
	Kind    Kind
	// Undoes is the step that a compensation undoes; empty for any other.
	Undoes string
}

// Parts gives every action of the saga, in the order of its definition: the steps
// with their compensations, the reversals, the closing and the resumption.
func (s *Saga[S]) Parts() (all []Part) {
	for _, stage := range s.def.Stages {
		for _, step := range stage {
			all = append(all, Part{Name: step.Name, Summary: step.Summary, Kind: step.Kind})
			if step.Undo != nil {
				all = append(all, Part{Name: step.Undo.Name, Summary: step.Undo.Summary, Kind: Compensation, Undoes: step.Name})
			}
		}
	}
	for _, undo := range s.def.Reverse {
		all = append(all, Part{Name: undo.Name, Summary: undo.Summary, Kind: Reversal})
	}
	all = append(all, Part{Name: s.def.Close.Name, Summary: s.def.Close.Summary, Kind: Closing})
	if how := s.def.Resume; how != nil {
		all = append(all, Part{Name: how.Name, Summary: how.Summary, Kind: Resumption})
	}
	return all
}
