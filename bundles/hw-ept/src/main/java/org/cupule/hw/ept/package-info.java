/**
 * Extended page tables as Intel's manual draws them: four levels of 512 entries, leaves of 4 KiB, 2 MiB and 1 GiB.
 */
@NullMarked
package org.cupule.hw.ept;

import org.jspecify.annotations.NullMarked;
