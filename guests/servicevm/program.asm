; The User VM's program, as bytes of the Service VM's.
        section .rodata
        global  user_program, user_program_end
user_program:
        incbin  "build/objects/servicevm/user.bin"
user_program_end:
