package org.cupule.machine.snapshot;

import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What reader and writer of a snapshot agree on.
 *
 * <pre>
 *  offset
 *  0          55799({                       self-described CBOR (RFC 8949, 3.4.6), a map in this order:
 *               "format": "cupule-snapshot",
 *               "version": 1,
 *               "states": { PLACE: state, ... },
 *               "memory": [ { "lengthBytes": n, "runs": [ offset, bytes, offset, bytes, ... ] }, ... ]
 *             })
 *  end - 34   58 20 and 32 bytes            a second CBOR item: SHA-256 of all before it
 *
 *  state  { "kind": text, "version": n, "fields": { NAME: value, ... } }
 *  value  integer | text | bytes | [ value, ... ] | state
 * </pre>
 *
 * Runs are whole pages in ascending order; pages that are not in a run are zero.
 *
 * @threading immutable
 */
final class SnapshotFormat {
    static final String FORMAT = "cupule-snapshot";
    static final int VERSION = 1;
    /** Head of a CBOR byte string of 32 bytes. */
    static final byte[] DIGEST_HEAD = HexFormat.of().parseHex("5820");
    static final int DIGEST_BYTES = 32;
    static final int TRAILER_BYTES = DIGEST_HEAD.length + DIGEST_BYTES;
    /** The longest run: small enough that a reader takes it in one piece. */
    static final int MOST_RUN_BYTES = 128 << 10;

    private static final int MOST_NESTED = 64;
    private static final int MOST_LETTERS = 1 << 20;
    private static final int MOST_NAME = 1024;

    private SnapshotFormat() {
    }

    static CBORFactory cbor() {
        return CBORFactory.builder().enable(CBORGenerator.Feature.WRITE_TYPE_HEADER)
                .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MOST_NESTED)
                        .maxStringLength(MOST_LETTERS).maxNameLength(MOST_NAME).build())
                .build();
    }

    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("each Java platform has SHA-256", impossible);
        }
    }
}
