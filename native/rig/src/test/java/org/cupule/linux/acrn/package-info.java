/** Tests of the backend in the virtual machine: in its own package, since it exports none. */
@NullMarked
package org.cupule.linux.acrn;

import org.jspecify.annotations.NullMarked;
