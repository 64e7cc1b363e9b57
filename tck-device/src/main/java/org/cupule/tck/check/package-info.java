/**
 * The checks that every device must pass, as plain Java: run by JUnit at the vendor's, and by {@code hsm:tck} in the
 * live platform.
 */
@NullMarked
package org.cupule.tck.check;

import org.jspecify.annotations.NullMarked;
