package org.cupule.tck.conformance;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * One row of the specification's list.
 *
 * @param id
 *            {@code HSM-VM-05}
 * @param kind
 *            {@code exact}; {@code analogue}, where Linux speaks of user addresses, pins, signals or CPU hot-plug;
 *            {@code rig}, an analogue that Linux's own driver shows as it is written; {@code changed on purpose}
 * @param claim
 *            what must hold
 * @threading immutable
 */
record Row(String id, String kind, String claim) {
    /** {@return all rows, in the specification's order} */
    static List<Row> all() throws IOException {
        try (var lines = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(Row.class.getResourceAsStream("rows.tsv")), StandardCharsets.UTF_8))) {
            return lines.lines().map(line -> line.split("\t", -1)).map(cells -> new Row(cells[0], cells[1], cells[2]))
                    .toList();
        }
    }
}
