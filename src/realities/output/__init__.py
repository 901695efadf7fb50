"""Files of results, written slab by slab: CSV, NetCDF-4 and Parquet.

In come a `Heading` (which variables, at which times, of how many draws) and slabs of draws in their order;
out comes one file, written beside its place and renamed, whose bytes depend on nothing else. Nobody
holds more than a slab. Read `heading.py` first, then one of `comma.py`, `netcdf.py` and `parquet.py`.
"""

from realities.output.heading import Heading as Heading
from realities.output.heading import Slab as Slab
from realities.output.heading import number_text as number_text
from realities.output.heading import unique_labels as unique_labels
from realities.output.heading import write_beside as write_beside
from realities.output.write import SUFFIXES as SUFFIXES
from realities.output.write import write_file as write_file
