"""What an intervention did to outputs and to outcomes, with intervals: on the marts of a run, and on any panel."""
