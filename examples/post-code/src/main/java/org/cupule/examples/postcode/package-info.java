/**
 * A display of POST codes: the byte that firmware writes to port 0x80 as it gets on.
 */
@NullMarked
package org.cupule.examples.postcode;

import org.jspecify.annotations.NullMarked;
