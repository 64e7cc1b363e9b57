/** The page of conformance: the rows of the specification, and the tests that hold them. */
@NullMarked
package org.cupule.tck.conformance;

import org.jspecify.annotations.NullMarked;
