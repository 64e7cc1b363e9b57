/** What a machine needs and what of it is there, told before it is made. */
@NullMarked
package org.cupule.machine.explain;

import org.jspecify.annotations.NullMarked;
