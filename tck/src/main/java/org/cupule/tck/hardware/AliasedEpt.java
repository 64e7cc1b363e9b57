package org.cupule.tck.hardware;

import org.cupule.hardware.Ept;
import org.cupule.hardware.EptFactory;
import org.cupule.hardware.EptWalk;
import org.cupule.ram.MemoryType;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;

/**
 * A deliberately faulty EPT: one guest page shows the memory of another one. A memory test that runs on it must report
 * errors; one that does not proves nothing.
 *
 * <p>
 * The saved state is that of the sound EPT inside: the fault is the model's, and does not travel.
 *
 * @threading as the EPT inside
 */
public final class AliasedEpt implements Ept {
    private static final long PAGE_BYTES = 4096;

    private final Ept sound;
    private final long alias;
    private final long target;

    /**
     * Spoils an EPT.
     *
     * @param sound
     *            the EPT that does the work
     * @param alias
     *            guest physical address of the page that is shown wrongly
     * @param target
     *            guest physical address of the page that is shown in its place
     */
    public AliasedEpt(Ept sound, long alias, long target) {
        this.sound = sound;
        this.alias = alias & -PAGE_BYTES;
        this.target = target & -PAGE_BYTES;
    }

    /** {@return a factory of such EPTs, around those of another factory} */
    public static EptFactory factory(EptFactory sound, long alias, long target) {
        return new EptFactory() {
            @Override
            public ModelInfo info() {
                return new ModelInfo("ept", "aliased", "1.0.0", "faulty: page 0x%x shows page 0x%x".formatted(alias,
                        target));
            }

            @Override
            public StateSchema schema() {
                return sound.schema();
            }

            @Override
            public Ept create() {
                return new AliasedEpt(sound.create(), alias, target);
            }
        };
    }

    @Override
    public boolean walk(long gpa, int access, EptWalk out) {
        boolean wrong = (gpa & -PAGE_BYTES) == alias;
        boolean granted = sound.walk(wrong ? target | gpa & PAGE_BYTES - 1 : gpa, access, out);
        // The wrong page must not hide inside a large one, neither may it spread.
        boolean near = ((gpa ^ alias) & -out.pageBytes) == 0;
        out.pageBytes = wrong || near ? PAGE_BYTES : out.pageBytes;
        return granted;
    }

    /** Visits what {@link #walk} finds: the wrong page is a run of its own. */
    @Override
    public void forEach(MappingVisitor visitor) {
        EptWalk wrong = new EptWalk();
        sound.walk(target, 0, wrong);
        sound.forEach((gpa, hpa, length, access, type) -> {
            if (alias - gpa < 0 || alias - gpa >= length) {
                visitor.mapping(gpa, hpa, length, access, type);
                return;
            }
            part(visitor, gpa, hpa, alias - gpa, access, type);
            visitor.mapping(alias, wrong.hpa, PAGE_BYTES, wrong.access, wrong.type);
            long rest = alias + PAGE_BYTES - gpa;
            part(visitor, gpa + rest, hpa + rest, length - rest, access, type);
        });
    }

    private static void part(MappingVisitor visitor, long gpa, long hpa, long length, int access, MemoryType type) {
        if (length > 0) {
            visitor.mapping(gpa, hpa, length, access, type);
        }
    }

    @Override
    public long map(long gpa, long hpa, long lengthBytes, int access, MemoryType type) {
        return sound.map(gpa, hpa, lengthBytes, access, type);
    }

    @Override
    public void unmap(long gpa, long lengthBytes) {
        sound.unmap(gpa, lengthBytes);
    }

    @Override
    public void protect(long gpa, long lengthBytes, int access) {
        sound.protect(gpa, lengthBytes, access);
    }

    @Override
    public boolean mapped(long gpa, long lengthBytes) {
        return sound.mapped(gpa, lengthBytes);
    }

    @Override
    public StateSchema schema() {
        return sound.schema();
    }

    @Override
    public ModelState save(int version) {
        return sound.save(version);
    }

    @Override
    public void restore(ModelState state) {
        sound.restore(state);
    }
}
