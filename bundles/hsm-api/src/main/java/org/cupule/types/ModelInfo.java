package org.cupule.types;

import java.util.Comparator;

/**
 * What a pluggable model says of itself.
 *
 * @param kind
 *            what it is a model of: {@code cpu}, {@code ept}, {@code lapic}, {@code uart16550}, {@code com.acme.sensor}
 * @param name
 *            the implementation's own name, unique among the models of its kind and version: {@code four-level}
 * @param version
 *            the implementation's version, {@code major.minor.micro}
 * @param description
 *            one sentence for a person
 * @threading immutable
 */
public record ModelInfo(String kind, String name, String version, String description) {
    /** Newest version first, then by name: the order in which a model is chosen where nobody chose one. */
    public static final Comparator<ModelInfo> PREFERENCE = Comparator.comparing(ModelInfo::ordinalVersion,
            java.util.Arrays::compare).reversed().thenComparing(ModelInfo::name);

    /** Refuses a version that is not three numbers with EINVAL. */
    public ModelInfo {
        if (!version.matches("\\d{1,9}\\.\\d{1,9}\\.\\d{1,9}")) {
            throw new HsmException(Errno.EINVAL, "model",
                    "version '" + version + "' of " + kind + "/" + name + " is not of the form 1.2.3");
        }
    }

    /** {@return the name under which people ask for this model: {@code name@version}} */
    public String id() {
        return name + "@" + version;
    }

    /** {@return whether a person who wrote {@code wanted} means this model: its name, or its name and version} */
    public boolean matches(String wanted) {
        return wanted.equals(name) || wanted.equals(id());
    }

    private int[] ordinalVersion() {
        return java.util.Arrays.stream(version.split("\\.")).mapToInt(Integer::parseInt).toArray();
    }
}
